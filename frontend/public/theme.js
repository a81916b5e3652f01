// Runs before the first paint, so that the page never flashes in the wrong theme. The same rule lives in src/lib/theme.ts.
(function () {
  var stored = null;
  try {
    stored = localStorage.getItem('parley.theme');
  } catch {
    // Storage can be closed to the page; the system's theme is then the answer.
  }
  var dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  var meta = document.querySelector('meta[name="theme-color"]');
  if (meta) meta.setAttribute('content', dark ? '#161918' : '#f3f2ee');
})();
