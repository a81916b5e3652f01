import { connect } from 'node:net';

const ANSWER_TIMEOUT_MS = 2_000;

/** Sends one command to Redis in its inline form and returns the first line of the answer. */
export function redisCommand(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`Redis did not answer ${command}`));
    }, ANSWER_TIMEOUT_MS);
    let answer = '';
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.on('data', (piece) => {
      answer += piece.toString();
      const end = answer.indexOf('\r\n');
      if (end < 0) return;
      clearTimeout(timer);
      socket.destroy();
      resolve(answer.slice(0, end));
    });
    socket.write(`${command}\r\n`);
  });
}
