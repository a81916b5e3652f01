import { REFRESH_COOKIE, REFRESH_COOKIE_PATH } from '@parley/protocol';
import { Controller } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import type { EndpointAnswer, EndpointCall } from '../infra/http/endpoint.js';
import { Endpoint } from '../infra/http/endpoint.js';
import { ChangePassword } from './change-password.js';
import { LogIn } from './log-in.js';
import { Refresh } from './refresh.js';
import { Register } from './register.js';
import { Sessions } from './sessions.js';
import type { Device } from './start-session.js';

const DAY_SECONDS = 86_400;

@Controller()
export class AuthController {
  constructor(
    private readonly config: Config,
    private readonly registration: Register,
    private readonly logIn: LogIn,
    private readonly refreshing: Refresh,
    private readonly sessions: Sessions,
    private readonly passwordChange: ChangePassword,
  ) {}

  @Endpoint('POST /auth/register')
  async register(call: EndpointCall<'POST /auth/register'>): Promise<EndpointAnswer<'POST /auth/register'>> {
    const { answer, refreshToken } = await this.registration.execute(call.body, deviceOf(call.request));
    this.setCookie(call.reply, refreshToken);
    return answer;
  }

  @Endpoint('POST /auth/login')
  async login(call: EndpointCall<'POST /auth/login'>): Promise<EndpointAnswer<'POST /auth/login'>> {
    const { answer, refreshToken } = await this.logIn.execute(call.body, deviceOf(call.request));
    this.setCookie(call.reply, refreshToken);
    return answer;
  }

  @Endpoint('POST /auth/refresh')
  async refresh(call: EndpointCall<'POST /auth/refresh'>): Promise<EndpointAnswer<'POST /auth/refresh'>> {
    const { answer, refreshToken } = await this.refreshing.execute(
      call.request.cookies[REFRESH_COOKIE],
      call.request.ip,
    );
    this.setCookie(call.reply, refreshToken);
    return answer;
  }

  @Endpoint('POST /auth/logout')
  async logout(call: EndpointCall<'POST /auth/logout'>): Promise<EndpointAnswer<'POST /auth/logout'>> {
    await this.sessions.logOut(call.caller);
    void call.reply.clearCookie(REFRESH_COOKIE, { path: REFRESH_COOKIE_PATH });
    return {};
  }

  @Endpoint('GET /auth/sessions')
  async list(call: EndpointCall<'GET /auth/sessions'>): Promise<EndpointAnswer<'GET /auth/sessions'>> {
    return { items: await this.sessions.list(call.caller) };
  }

  @Endpoint('DELETE /auth/sessions/:id')
  async end(
    call: EndpointCall<'DELETE /auth/sessions/:id'>,
  ): Promise<EndpointAnswer<'DELETE /auth/sessions/:id'>> {
    await this.sessions.end(call.caller, call.params.id);
    return {};
  }

  @Endpoint('DELETE /auth/sessions')
  async endOthers(
    call: EndpointCall<'DELETE /auth/sessions'>,
  ): Promise<EndpointAnswer<'DELETE /auth/sessions'>> {
    await this.sessions.endOthers(call.caller);
    return {};
  }

  @Endpoint('POST /users/me/password')
  async changePassword(
    call: EndpointCall<'POST /users/me/password'>,
  ): Promise<EndpointAnswer<'POST /users/me/password'>> {
    await this.passwordChange.execute(call.caller, call.body);
    return {};
  }

  private setCookie(reply: FastifyReply, refreshToken: string): void {
    void reply.setCookie(REFRESH_COOKIE, refreshToken, {
      path: REFRESH_COOKIE_PATH,
      httpOnly: true,
      sameSite: 'strict',
      secure: this.config.http.secureCookies,
      maxAge: this.config.tokens.refreshDays * DAY_SECONDS,
    });
  }
}

function deviceOf(request: FastifyRequest): Device {
  return { userAgent: request.headers['user-agent'] ?? '', address: request.ip };
}
