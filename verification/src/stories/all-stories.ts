import { counters } from './counter-story.js';
import {
  firstSync,
  longPause,
  pageRacesDelete,
  poisonedRow,
  refreshCut,
  restoredBackup,
  twoTabs,
} from './log-stories.js';
import {
  aStrangerAsks,
  addedAgain,
  directRaced,
  membershipWithoutRedis,
  sessionEnded,
} from './membership-stories.js';
import { presenceAfterDeath } from './presence-stories.js';
import type { Story } from './story.js';

/** In an order in which one does not disturb the next: the restore comes last. Those of one group are told at once. */
export const STORIES: readonly (readonly Story[])[] = [
  [counters],
  [directRaced],
  [addedAgain],
  [pageRacesDelete],
  [refreshCut],
  [poisonedRow],
  [twoTabs],
  [firstSync],
  [aStrangerAsks],
  [membershipWithoutRedis],
  [sessionEnded],
  // One kills the third instance, the other freezes the second; both are mostly waiting.
  [presenceAfterDeath, longPause],
  [restoredBackup],
];
