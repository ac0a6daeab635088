/** The folds, or the state itself, have moved on further than a reading can follow. */
export class Overtaken extends Error {}
