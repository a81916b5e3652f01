// k6 runs the load test, not CI; here is what can be known without it: what the scenarios ask for, and what the report tells.
import { describe, expect, it } from 'vitest';
import { renderReport, renderText } from '../load-test/report.js';
import { LIMITS, PEOPLE, READERS, SHAPES, optionsOf, planOf, slotName } from '../load-test/scenarios.js';
import { summaryOf } from '../load-test/summary.js';

/** Of a default install: see backend/src/config/variables.ts. */
const MESSAGES_PER_MINUTE = 100;
const REGISTRATIONS_PER_HOUR = 300;
const LOGINS_PER_MINUTE = 60;

describe('the scenarios of the load test', () => {
  it.each(['smoke', 'load', 'soak'])('%s stays below the rate limits of a default install', (name) => {
    const plan = planOf({ SCENARIO: name });
    expect(plan.scale).toBe(1);
    expect(60 / plan.every).toBeLessThan(MESSAGES_PER_MINUTE);
    // Three times an hour.
    expect((plan.groups * PEOPLE + READERS) * 3).toBeLessThan(REGISTRATIONS_PER_HOUR);
    expect(optionsOf(plan).scenarios.accounts).toMatchObject({
      rate: expect.toSatisfy((rate) => rate < LOGINS_PER_MINUTE / 2),
    });
  });

  it.each(Object.keys(SHAPES))('%s asks for the rate it names, by arrivals', (name) => {
    const plan = planOf({ SCENARIO: name });
    const { conversations } = optionsOf(plan).scenarios;
    expect(conversations.executor).toMatch(/-arrival-rate$/);
    const perMinute = conversations.rate ?? Math.max(...conversations.stages.map(({ target }) => target));
    const messages = (perMinute * PEOPLE * plan.visit) / plan.every / 60;
    expect(messages / SHAPES[name].rate).toBeGreaterThan(0.9);
    expect(messages / SHAPES[name].rate).toBeLessThan(1.1);
    expect(plan.slots * plan.slotSeconds).toBeGreaterThanOrEqual(plan.seconds);
    expect(plan.slots).toBeLessThanOrEqual(30);
  });

  it('takes another rate and duration, and refuses what is none', () => {
    expect(planOf({ RATE: '80', DURATION: '60' })).toMatchObject({
      name: 'load',
      rate: 80,
      stages: [{ seconds: 60 }],
    });
    expect(() => planOf({ SCENARIO: 'flood' })).toThrow(/smoke, load, stress, spike, soak/);
    expect(() => planOf({ RATE: 'much' })).toThrow(/RATE takes a number/);
  });
});

/** What k6 hands over, with the same times everywhere. */
function runOf(plan, { kept = true } = {}) {
  const times = {
    avg: 5,
    min: 1,
    med: 4,
    'p(75)': 6,
    'p(90)': 8,
    'p(95)': 12.3,
    'p(99)': 30,
    'p(99.9)': 50,
    max: 60,
  };
  const metrics = {};
  for (const [metric, thresholds] of Object.entries(optionsOf(plan).thresholds)) {
    const isTime = /_ms|http_req/.test(metric);
    const values = isTime
      ? { ...times, count: 100 }
      : metric.startsWith('parley_errors')
        ? { rate: 0, passes: 0, fails: 9 }
        : { count: 0 };
    metrics[metric] = {
      type: isTime ? 'trend' : 'counter',
      contains: 'default',
      values,
      thresholds: Object.fromEntries(
        thresholds.map((text) => [text, { ok: kept || metric !== 'parley_doubled' }]),
      ),
    };
  }
  return summaryOf(
    { metrics, setup_data: { uploads: false, madeAdmin: '<b>load-1</b>' } },
    plan,
    'http://localhost:3000',
  );
}

describe('the report of the load test', () => {
  const plan = planOf({ SCENARIO: 'load' });

  it('says what was kept and what was not', () => {
    expect(runOf(plan).passed).toBe(true);
    const broken = runOf(plan, { kept: false });
    expect(broken.passed).toBe(false);
    expect(renderReport(broken)).toContain('Not all limits kept');
    expect(renderText(broken, 'x.html')).toContain('✗ no message came twice');
    expect(broken.limits).toHaveLength(Object.keys(LIMITS).length);
  });

  it('fails where a figure is missing altogether', () => {
    expect(summaryOf({ metrics: {} }, plan, 'http://localhost:3000').passed).toBe(false);
    expect(renderReport(summaryOf({ metrics: {} }, plan, 'http://localhost:3000'))).toContain(
      'nothing measured',
    );
  });

  it('needs nothing from elsewhere, runs nothing, and takes no text for markup', () => {
    const html = renderReport(runOf(plan));
    expect(html).not.toMatch(/<script|<link|@import|url\(|src=/);
    expect(html).toContain('&lt;b&gt;load-1&lt;/b&gt;');
    expect(html).toContain('prefers-color-scheme:dark');
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
    expect([...html.matchAll(/<figure>/g)].length).toBe(6);
  });

  it('has a figure for every slot of time', () => {
    const { timeline } = runOf(plan);
    expect(timeline).toHaveLength(plan.slots);
    expect(timeline.every(({ ackMs }) => ackMs?.p95 === 12.3)).toBe(true);
    expect(slotName(3)).toBe('03');
  });
});
