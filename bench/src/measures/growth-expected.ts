/**
 * How the processor time of a send grows when one thing grows and all others stay: the slope in a picture where both axes are
 * logarithmic. 0: not at all; 1: as the thing itself. A change that moves one out of its range must say why here.
 */
export interface Prediction {
  readonly from: number;
  readonly to: number;
  readonly because: string;
}

export const PREDICTIONS = {
  rooms: {
    from: -0.15,
    to: 0.2,
    because: 'a send looks at its own room alone; with fewer rooms more messages share a commit',
  },
  members: {
    from: 0.1,
    to: 1,
    because: 'a write for each member, beside what a send costs before anybody is told',
  },
  'rooms a user': {
    from: -0.15,
    to: 0.2,
    because: 'what somebody else is in does not matter to a send',
  },
  'stored messages': {
    from: -0.1,
    to: 0.1,
    because: 'an index over ten times as many rows is at most a level deeper',
  },
  instances: {
    from: -0.2,
    to: 0.25,
    because: 'as many instances hold a member, and the others are not told',
  },
} as const satisfies Record<string, Prediction>;

export type Dimension = keyof typeof PREDICTIONS;
