/** Redis has come back empty, and what it had is not restored yet. */
export class RestorationPending extends Error {}
