/** Where the product under test runs; `npm test -- browser` starts it and says so. */

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run these tests with \`npm test -- browser\`.`);
  }
  return value;
}

export const baseURL = required('PARLEY_E2E_URL');
/** Names the processes of the running product, so that a test can kill one. */
export const runFile = required('PARLEY_E2E_RUN_FILE');
export const chromiumPath = process.env['PARLEY_CHROMIUM'] ?? '/usr/bin/chromium';
