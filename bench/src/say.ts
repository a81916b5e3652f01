/** Prints lines with the time since it was made. */
export function clock(): (line: string) => void {
  const began = performance.now();
  return (line) => {
    console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(7)} s  ${line}`);
  };
}
