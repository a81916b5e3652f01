import { createRoot } from 'react-dom/client';
import { App } from './app/app.js';
import './lib/theme.js';
import './styles.css';

const element = document.getElementById('root');
if (element === null) throw new Error('The page has no #root.');
createRoot(element).render(<App />);
