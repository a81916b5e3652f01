/**
 * Start parameters of every connection that writes: an acknowledgement means that it is on disk (G1, G6), whatever the
 * server, the database or the role has as its default. What a crash takes back would otherwise be numbered again.
 */
export const DURABLE_COMMITS = '-c synchronous_commit=on -c default_transaction_isolation=read\\ committed';
