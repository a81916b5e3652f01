export type ThemeChoice = 'system' | 'light' | 'dark';

/** Read before the first paint by public/theme.js as well. */
const STORAGE_KEY = 'parley.theme';
const BROWSER_BAR = { light: '#f3f2ee', dark: '#161918' };

const systemDark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

function readChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}

let choice = readChoice();

function apply(): void {
  const theme = choice === 'system' ? (systemDark.matches ? 'dark' : 'light') : choice;
  document.documentElement.dataset['theme'] = theme;
  document.querySelector('meta[name="theme-color"]')?.setAttribute('content', BROWSER_BAR[theme]);
}

function announce(): void {
  apply();
  for (const listener of listeners) listener();
}

systemDark.addEventListener('change', announce);
// Another tab of the same person changes this one along.
window.addEventListener('storage', (event) => {
  if (event.key !== STORAGE_KEY) return;
  choice = readChoice();
  announce();
});

// The page has the theme already (public/theme.js); this is for the case that the little file did not come through.
apply();

export function themeChoice(): ThemeChoice {
  return choice;
}

export function chooseTheme(next: ThemeChoice): void {
  choice = next;
  try {
    if (next === 'system') localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, next);
  } catch {
    // The choice then lasts as long as the page.
  }
  announce();
}

export function subscribeToTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
