import { useSyncExternalStore } from 'react';
import { Choice } from '../../components/ui/choice.js';
import { chooseTheme, subscribeToTheme, themeChoice } from '../../lib/theme.js';

const THEMES = [
  { value: 'system', label: 'System' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const;

export function AppearanceSettings() {
  const theme = useSyncExternalStore(subscribeToTheme, themeChoice);
  return <Choice label="Theme" value={theme} options={THEMES} onValueChange={chooseTheme} />;
}
