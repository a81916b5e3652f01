import type { LoggerService } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { Logger as WinstonLogger } from 'winston';
import winston from 'winston';
import { Config } from '../../config/config.js';
import { Metrics } from '../metrics/metrics.js';
import type { LogLevel } from '../metrics/process-metrics.js';
import { currentContext } from '../request-context/request-context.js';
import { fingerprintOf } from './fingerprint.js';

/** Ids, counts, durations, states. Never bodies, texts of people, tokens, passwords or addresses with passwords. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** The failures that alerts stand on: they begin at 0, so that the first one is seen. */
const EXPECTED_FAILURES: Readonly<Partial<Record<LogLevel, readonly string[]>>> = {
  error: [
    'A command failed',
    'A request failed',
    'A handshake failed',
    'A promise failed that nobody awaited',
    'An observer of delivered frames failed',
    'Committed messages could not be published',
    "The queue's worker stopped",
    'The framework reported an error',
  ],
  warn: [
    'A command could not be served',
    'A request could not be served',
    'A job failed',
    'A socket could not be made ready',
    'A message of the bus could not be read',
    'Frames were not delivered: the members are not known',
  ],
};

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

  constructor(
    config: Config,
    private readonly metrics: Metrics,
  ) {
    const { combine, timestamp, json } = winston.format;
    this.winston = winston.createLogger({
      level: config.logLevel,
      format: combine(withContext(), timestamp(), config.production ? json() : readable),
      transports: [new winston.transports.Console({ stderrLevels: [] })],
    });
    metrics.process.logLevel(config.logLevel);
    for (const [level, messages] of Object.entries(EXPECTED_FAILURES)) {
      for (const message of messages) this.expectFailure(message, level as LogLevel);
    }
  }

  info(message: string, fields: LogFields = {}): void {
    this.write('info', message, fields);
  }

  /** At debug: what is worth a line only while somebody looks. (`debug` is Nest's, and takes no fields.) */
  detail(message: string, fields: LogFields = {}): void {
    this.write('debug', message, fields);
  }

  get level(): LogLevel {
    return this.winston.level as LogLevel;
  }

  /** From now on; see `LogLevels` for who decides. */
  setLevel(level: LogLevel): void {
    this.winston.level = level;
    this.metrics.process.logLevel(level);
  }

  /** That failure stands at 0 in the metrics until it happens. */
  expectFailure(message: string, level: LogLevel): void {
    this.metrics.process.expectFailure(message, level);
  }

  /**
   * `message` is constant: failures are counted by it. The stack of a thrown error is logged; its own message may name
   * tables and hosts, which stay on the server.
   */
  failure(message: string, thrown: unknown, fields: LogFields = {}, level: LogLevel = 'error'): void {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const cause = error.cause instanceof Error ? { cause: error.cause.stack ?? error.cause.message } : {};
    const group = this.metrics.process.failed(message, level);
    const fingerprint = fingerprintOf(group, error);
    this.write(level, message, {
      ...fields,
      group,
      fingerprint,
      stack: error.stack ?? error.message,
      ...cause,
    });
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

  private fromNest(level: LogLevel, message: unknown, rest: unknown[]): void {
    const texts = rest.filter((part) => typeof part === 'string');
    const error = [message, ...rest].find((part) => part instanceof Error);
    const context = texts.at(-1);
    // Its texts are not ours, and may name anything.
    if (level === 'error') this.metrics.process.failed('The framework reported an error', level);
    this.write(level, message instanceof Error ? message.message : String(message), {
      context,
      // Nest hands the stack over as a text of its own.
      stack: error?.stack ?? (level === 'error' && texts.length > 1 ? texts[0] : undefined),
    });
  }

  private write(level: LogLevel, message: string, fields: LogFields): void {
    // Winston would make the whole line first, and a command has one at debug.
    if (this.winston.isLevelEnabled(level)) this.winston.log(level, message, fields);
  }
}
