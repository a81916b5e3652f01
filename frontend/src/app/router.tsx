import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { AppLayout } from './layouts/app-layout.js';
import { RootLayout } from './layouts/root-layout.js';
import { ConversationRoute } from './routes/conversation-route.js';
import { FaultScreen } from './routes/fault-screen.js';
import { HomeRoute } from './routes/home-route.js';
import { NotFoundRoute } from './routes/not-found-route.js';
import { SignInRoute } from './routes/sign-in-route.js';
import { SignUpRoute } from './routes/sign-up-route.js';

/** Where to go after signing in: a path of this site only, so that no link can lead people elsewhere. */
function nextPath(search: Record<string, unknown>): { next?: string } {
  const next = search['next'];
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? { next } : {};
}

const root = createRootRoute({ component: RootLayout, notFoundComponent: NotFoundRoute });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: nextPath,
  component: SignInRoute,
});
const signUp = createRoute({
  getParentRoute: () => root,
  path: '/sign-up',
  validateSearch: nextPath,
  component: SignUpRoute,
});

const app = createRoute({ getParentRoute: () => root, id: 'app', component: AppLayout });
const home = createRoute({ getParentRoute: () => app, path: '/', component: HomeRoute });
const conversation = createRoute({
  getParentRoute: () => app,
  path: '/c/$conversationId',
  // In the address, so that "back" on a phone closes the panel.
  validateSearch: (search: Record<string, unknown>): { details?: true } =>
    search['details'] === true ? { details: true } : {},
  component: ConversationRoute,
});
// Seldom visited: they come when they are asked for.
const channels = createRoute({
  getParentRoute: () => app,
  path: '/channels',
  component: lazyRouteComponent(() => import('./routes/channels-route.js'), 'ChannelsRoute'),
});
const settings = createRoute({
  getParentRoute: () => app,
  path: '/settings',
  component: lazyRouteComponent(() => import('./routes/settings-route.js'), 'SettingsRoute'),
});

export const router = createRouter({
  routeTree: root.addChildren([signIn, signUp, app.addChildren([home, conversation, channels, settings])]),
  defaultPreload: false,
  scrollRestoration: false,
  defaultErrorComponent: FaultScreen,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
