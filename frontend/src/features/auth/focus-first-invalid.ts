import { flushSync } from 'react-dom';

/** Shows what is wrong; a keyboard or screen reader goes on where something is to be mended. */
export function focusFirstInvalid(form: HTMLFormElement, complain: () => void): void {
  // The field is marked only when it is rendered: waiting for a frame instead may look before that.
  flushSync(complain);
  form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
