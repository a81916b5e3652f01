import { accessToken } from '../ground/access-token.js';
import { firstOf } from '../ground/cluster.js';
import { seedDatabase } from '../ground/seed-database.js';
import { seedMessages } from '../ground/seed-messages.js';
import type { GrowthSizes } from '../sizes.js';
import { World } from '../workload.js';
import type { Dimension } from './growth-expected.js';
import { PREDICTIONS } from './growth-expected.js';
import type { Point } from './growth-figure.js';
import { growthFigure } from './growth-figure.js';
import type { Measure } from './lab.js';
import type { SendsRun } from './run-sends.js';
import { runSends } from './run-sends.js';

const MEMBERS = 10;
const USERS = 200;
const ROOMS_OF_MANY = 4;

interface Step {
  readonly dimension: Dimension;
  readonly amount: number;
  readonly world: World;
  /** So many more messages before it begins. */
  readonly storedBefore: number;
}

/** From 20 on: no other measure has worlds of these numbers. */
function stepsOf({ rooms, members, roomsPerUser, stored }: GrowthSizes): Step[] {
  let number = 20;
  const step = (
    dimension: Dimension,
    amount: number,
    shape: ConstructorParameters<typeof World>[1],
    storedBefore = 0,
  ): Step => {
    number += 1;
    return { dimension, amount, world: new World(number, shape), storedBefore };
  };
  return [
    ...rooms.map((amount) =>
      step('rooms', amount, { users: amount * MEMBERS, roomsPerUser: 1, membersPerRoom: MEMBERS }),
    ),
    ...members.map((amount) =>
      step('members', amount, { users: amount * ROOMS_OF_MANY, roomsPerUser: 1, membersPerRoom: amount }),
    ),
    ...roomsPerUser.map((amount) =>
      step('rooms a user', amount, { users: USERS, roomsPerUser: amount, membersPerRoom: MEMBERS }),
    ),
    ...stored.map((amount, index) =>
      step(
        'stored messages',
        Math.max(1_000, amount),
        { users: USERS, roomsPerUser: 1, membersPerRoom: MEMBERS },
        amount - (stored[index - 1] ?? 0),
      ),
    ),
  ];
}

/** What a send costs when one thing grows and all else stays. */
export const GROWTH: Measure = {
  names: ['Growth'],
  minutes: 3,
  async run(lab) {
    const { sizes, say } = lab;
    const steps = stepsOf(sizes.growth);
    return lab.withCluster({ instances: 1 }, async (cluster, secret) => {
      await seedDatabase(
        cluster.postgres.url,
        steps.map(({ world }) => world),
      );
      const instance = firstOf(cluster.instances);
      const done: { step: Step; run: SendsRun }[] = [];
      for (const step of steps) {
        const { world, storedBefore, dimension, amount } = step;
        await instance.terminate();
        if (storedBefore > 0) await seedMessages(cluster.postgres.url, world, storedBefore);
        await instance.start();
        const run = await runSends({
          sizes,
          world,
          urlOf: () => instance.url,
          authOf: (user) => ({ token: accessToken(secret, world.userId(user), world.sessionId(user)) }),
          pids: [instance, cluster.postgres, cluster.redis].flatMap(({ pid }) => (pid === null ? [] : [pid])),
          rate: sizes.growth,
        });
        done.push({ step, run });
        say(`Growth ${amount} ${dimension}: ${run.cpuMsPerSend.toFixed(2)} ms of CPU a send`);
      }
      const pointsOf = (dimension: Dimension): Point[] =>
        done
          .filter(({ step }) => step.dimension === dimension)
          .map(({ step, run }) => [step.amount, run.cpuMsPerSend]);
      const dimensions = [...new Set(steps.map(({ dimension }) => dimension))];
      return [
        {
          name: 'Growth',
          definition: `CPU time of the instance, PostgreSQL and Redis a send, over what they take idle, at ${sizes.growth.messagesPerSecond} sends a second, while one thing grows; the slope where both axes are logarithmic (instances stand at X_node)`,
          figures: dimensions.map((dimension) => growthFigure(dimension, pointsOf(dimension))),
          tables: [
            {
              title: 'Each step',
              columns: ['what grows', 'to', 'CPU a send, ms', 'predicted slope', 'because'],
              rows: done.map(({ step: { dimension, amount }, run }) => {
                const { from, to, because } = PREDICTIONS[dimension];
                return [dimension, amount, run.cpuMsPerSend.toFixed(2), `${from} to ${to}`, because];
              }),
            },
          ],
          soundRounds: 1,
          voidRounds: 0,
          notes: [],
          ailments: done.flatMap(({ step, run }) =>
            run.ailments.map((one) => `${step.amount} ${step.dimension}: ${one}`),
          ),
          raw: done.map(({ step: { dimension, amount }, run }) => ({ dimension, amount, run })),
        },
      ];
    });
  },
};
