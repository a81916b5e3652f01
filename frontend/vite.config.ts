import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const apiUrl = process.env['API_URL'] ?? 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    target: 'es2022',
    sourcemap: false,
    // Inlined fonts and icons would be data: addresses, which a strict content security policy refuses.
    assetsInlineLimit: 0,
    // Every browser that understands the build target preloads modules itself; the polyfill would be dead weight.
    modulePreload: { polyfill: false },
    // The first screen of somebody signed in is the whole chat; what is not needed there has parts of its own.
    chunkSizeWarningLimit: 650,
  },
  server: {
    proxy: {
      // The Host header is kept, so that the server sees the page's own origin.
      '/api': { target: apiUrl, changeOrigin: false },
      '/health': { target: apiUrl, changeOrigin: false },
      '/socket.io': { target: apiUrl, changeOrigin: false, ws: true },
    },
  },
});
