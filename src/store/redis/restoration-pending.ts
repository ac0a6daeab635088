/** Thrown if Redis has come back empty, and its data is not restored yet. */
export class RestorationPending extends Error {}
