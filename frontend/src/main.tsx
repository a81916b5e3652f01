import { createRoot } from 'react-dom/client';
import { App } from './app/app.js';
import './lib/theme.js';
import './styles.css';

// A page that was open while a new version was installed asks for parts that are gone: the new page has them.
window.addEventListener('vite:preloadError', () => window.location.reload());

const element = document.getElementById('root');
if (element === null) throw new Error('The page has no #root.');
createRoot(element).render(<App />);
