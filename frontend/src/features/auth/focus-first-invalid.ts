/** After a refusal, a keyboard or screen reader goes on where something is to be mended. */
export function focusFirstInvalid(form: HTMLFormElement): void {
  // The complaint is on the screen only after the next render.
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
