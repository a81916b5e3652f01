import { counters } from './counter-story.js';
import { firstSync, pageRacesDelete, poisonedRow, refreshCut, twoTabs } from './log-stories.js';
import {
  aStrangerAsks,
  addedAgain,
  directRaced,
  membershipWithoutRedis,
  sessionEnded,
} from './membership-stories.js';
import { cutOffForLong, longPause } from './pause-stories.js';
import { presenceAfterDeath } from './presence-stories.js';
import { restoredBackup } from './restore-story.js';
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
  [cutOffForLong],
  // One kills the third instance, the other freezes the second; both are mostly waiting.
  [presenceAfterDeath, longPause],
  [restoredBackup],
];
