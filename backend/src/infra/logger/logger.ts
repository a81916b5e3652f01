import type { LoggerService } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { Logger as WinstonLogger } from 'winston';
import winston from 'winston';
import { Config } from '../../config/config.js';
import { currentContext } from '../request-context/request-context.js';

type Level = 'error' | 'warn' | 'info' | 'debug';
/** Ids, counts, durations, states. Never bodies, texts of people, tokens, passwords or addresses with passwords. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

const withContext = winston.format((entry) => {
  const context = currentContext();
  return context
    ? Object.assign(entry, {
        requestId: context.requestId,
        ...(context.userId === undefined ? {} : { userId: context.userId }),
        ...(context.sessionId === undefined ? {} : { sessionId: context.sessionId }),
        ...(context.action === undefined ? {} : { action: context.action }),
      })
    : entry;
});

const readable = winston.format.printf(({ timestamp, level, message, context, stack, ...rest }) => {
  const fields = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(' ');
  const place = typeof context === 'string' ? ` [${context}]` : '';
  const trace = typeof stack === 'string' ? `\n${stack}` : '';
  return `${String(timestamp)} ${level}${place} ${String(message)}${fields === '' ? '' : ` ${fields}`}${trace}`;
});

/** Structured log, and Nest's own logger. One JSON object a line in production, readable lines elsewhere. */
@Injectable()
export class Logger implements LoggerService {
  private readonly winston: WinstonLogger;

  constructor(config: Config) {
    const { combine, timestamp, json } = winston.format;
    this.winston = winston.createLogger({
      level: config.logLevel,
      format: combine(withContext(), timestamp(), config.production ? json() : readable),
      transports: [new winston.transports.Console({ stderrLevels: [] })],
    });
  }

  info(message: string, fields: LogFields = {}): void {
    this.write('info', message, fields);
  }

  /** The stack of a thrown error is logged; its message may name tables and hosts, which stay on the server. */
  failure(message: string, thrown: unknown, fields: LogFields = {}, level: Level = 'error'): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const cause = error.cause instanceof Error ? { cause: error.cause.stack ?? error.cause.message } : {};
    this.write(level, message, { ...fields, stack: error.stack ?? error.message, ...cause });
  }

  // ---- Nest's LoggerService: the last text parameter is the place that logs.
  log(message: unknown, ...rest: unknown[]): void {
    // Which modules and routes were made is of interest to developers alone.
    this.fromNest('debug', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.fromNest('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.fromNest('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.fromNest('debug', message, rest);
  }

  private fromNest(level: Level, message: unknown, rest: unknown[]): void {
    const texts = rest.filter((part) => typeof part === 'string');
    const error = [message, ...rest].find((part) => part instanceof Error);
    const context = texts.at(-1);
    this.write(level, message instanceof Error ? message.message : String(message), {
      context,
      // Nest hands the stack over as a text of its own.
      stack: error?.stack ?? (level === 'error' && texts.length > 1 ? texts[0] : undefined),
    });
  }

  private write(level: Level, message: string, fields: LogFields): void {
    this.winston.log(level, message, fields);
  }
}
