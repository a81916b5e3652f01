/** After a successor was first used, requests that were under way with its predecessor still get an answer for this time. */
export const GRACE_MS = 30_000;

export interface RotationState {
  /** Generation of the newest token that was made. */
  readonly generation: number;
  /** When the last rotations happened, oldest first, as far back as the grace reaches; in milliseconds since 1970. */
  readonly recentRotations: readonly number[];
}

export type RotationVerdict =
  /** The newest token: make its successor. */
  | { kind: 'rotate' }
  /** An older one that still works: answer the newest token, `steps` after the one presented. */
  | { kind: 'repeat'; steps: number }
  /** Its successor was used more than the grace ago: somebody holds a copy. */
  | { kind: 'reused' }
  /** Newer than the session knows: the database was restored to an earlier state. */
  | { kind: 'unknown' };

/**
 * What a refresh token of `presented` generation may do at `now`. A token works until its successor has first
 * been used, and `GRACE_MS` more. The successor of generation g is g + 1, and its first use is the rotation
 * from g + 1 to g + 2. So the newest token and the one before always work: an answer that was lost with the
 * new token logs nobody out, however long the client was away.
 */
export function judgeRotation(state: RotationState, presented: number, now: number): RotationVerdict {
  const steps = state.generation - presented;
  if (steps === 0) return { kind: 'rotate' };
  if (steps === 1) return { kind: 'repeat', steps };
  if (steps < 0) return { kind: 'unknown' };
  // recentRotations ends with the rotation to `generation`; the successor's first use lies steps - 2 before it.
  const firstUse = state.recentRotations.at(-(steps - 1));
  if (firstUse !== undefined && now - firstUse <= GRACE_MS) return { kind: 'repeat', steps };
  return { kind: 'reused' };
}

/** The rotations to remember after one at `now`. */
export function withRotation(recentRotations: readonly number[], now: number): number[] {
  return [...recentRotations.filter((at) => now - at <= GRACE_MS), now];
}
