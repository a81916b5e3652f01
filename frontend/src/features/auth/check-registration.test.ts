import { describe, expect, it } from 'vitest';
import { checkRegistration } from './check-registration.js';

describe('checkRegistration', () => {
  it('has nothing to say about a good registration', () => {
    expect(checkRegistration({ username: 'Ada.L', displayName: '', password: 'long enough' })).toEqual({});
  });

  it('names each field that is wrong', () => {
    expect(Object.keys(checkRegistration({ username: 'ä b', displayName: '', password: 'short' }))).toEqual([
      'username',
      'password',
    ]);
  });

  it('counts characters as the server does, not UTF-16 units', () => {
    const seven = '🔑'.repeat(7);
    expect(checkRegistration({ username: 'ada', displayName: '', password: seven }).password).toBeDefined();
    expect(checkRegistration({ username: 'ada', displayName: '', password: `${seven}🔑` })).toEqual({});
  });
});
