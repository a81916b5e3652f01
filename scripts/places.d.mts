/** Types of the part that TypeScript uses. */
export const ROOT: string;
export function freePorts(count: number): Promise<number[]>;
