/** Thrown if the folds, or the state itself, have changed more than a reading can follow. */
export class Overtaken extends Error {}
