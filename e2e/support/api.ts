import type { APIRequestContext } from '@playwright/test';
import type { Conversation, Message, SignedIn, User } from '@parley/protocol';
import { request } from '@playwright/test';
import { baseURL } from './environment.js';

export const PASSWORD = 'correct horse battery';

let made = 0;

/** A name that no other test and no earlier run on the same data has taken. */
export function freshUsername(base: string): string {
  made += 1;
  return `${base}-${Date.now().toString(36)}${made}`;
}

/** A person as a program sees them: for what must be there before the browser looks. */
export class ApiPerson {
  private sent = 0;

  private constructor(
    private readonly http: APIRequestContext,
    readonly user: User,
    private readonly token: string,
  ) {}

  static async register(displayName: string): Promise<ApiPerson> {
    const http = await request.newContext({ baseURL });
    const signedIn = await register(http, displayName);
    return new ApiPerson(http, signedIn.user, signedIn.accessToken);
  }

  async start(body: {
    kind: 'direct' | 'group' | 'channel';
    memberIds: string[];
    title?: string;
    visibility?: 'public' | 'private';
  }): Promise<Conversation> {
    return this.call<Conversation>('POST', '/conversations', body);
  }

  async send(conversationId: string, text: string): Promise<Message> {
    this.sent += 1;
    return this.call<Message>('POST', `/conversations/${conversationId}/messages`, {
      clientMessageId: `${this.user.username}_${this.sent}`.replaceAll(/[^\w-]/g, '_'),
      text,
    });
  }

  async history(conversationId: string): Promise<Message[]> {
    const page = await this.call<{ items: Message[] }>(
      'GET',
      `/conversations/${conversationId}/messages?limit=100`,
    );
    return page.items;
  }

  async call<T>(
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    data?: object,
  ): Promise<T> {
    const response = await this.http.fetch(`/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}` },
      ...(data === undefined ? {} : { data }),
    });
    const text = await response.text();
    if (!response.ok()) throw new Error(`${method} ${path} answered ${response.status()}: ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  }
}

/** Registers over REST; the refresh cookie stays in the request context, which may be a browser's. */
export async function register(http: APIRequestContext, displayName: string): Promise<SignedIn> {
  const first = displayName.split(' ')[0] ?? displayName;
  const response = await http.post('/api/v1/auth/register', {
    data: { username: freshUsername(first.toLowerCase()), password: PASSWORD, displayName },
  });
  if (!response.ok()) throw new Error(`Registering answered ${response.status()}: ${await response.text()}`);
  return (await response.json()) as SignedIn;
}
