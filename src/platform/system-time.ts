/*
 * The time of day of the system. Tests replace `Date` to choose what an application shows (fake timers of Jest, vitest and
 * Sinon, `mock.timers` of node:test, mockdate): promhive asks `Date` for such times, of gauges, exemplars and windows, and
 * this clock for what decides whether a process lives, a file is old or an export is sent.
 */

const { now } = Date
const ofNode = 'function now() { [native code] }'

/**
 * Returns Unix milliseconds by the clock of the system, as `Date.now()` does when nothing replaces `Date`. If it was replaced
 * before promhive was loaded, the one of a new context is not.
 */
export const systemNow: () => number =
  Function.prototype.toString.call(now) === ofNode
    ? now
    : process.getBuiltinModule('node:vm').runInNewContext('Date.now')
