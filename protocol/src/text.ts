/** Text rules of the contract, for server, client and forms alike. */

/** Length in Unicode code points: what the limits count. */
export function codePointLength(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

// U+0000 can not be stored by PostgreSQL; a lone surrogate has no UTF-8 form and would come back changed.
const UNSTORABLE = /\u0000|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Whether the text can be stored and given back unchanged: no U+0000, no lone surrogates. */
export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** Whether there is anything to see: names and titles made of blanks would leave an empty line on the screen. */
export function hasVisibleCharacter(text: string): boolean {
  return /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Control}]/u.test(text);
}
