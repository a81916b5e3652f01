/** A seq or rev as its column can hold it (32 bits): above any head they all mean the same. */
export function clampedPosition(position: number | null): number | null {
  return position === null ? null : Math.min(position, 2_147_483_647);
}
