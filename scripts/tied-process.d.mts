/** Types of the part that TypeScript uses. */
export interface Program {
  command: string;
  args: readonly string[];
}
export function tied(program: Program, signal: NodeJS.Signals): Program;
