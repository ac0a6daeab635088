/**
 * Does nothing, and exists for code that calls it: the kernel releases a process's lock when the process ends. The next
 * scrape omits the `live…` gauges of a dead process, and keeps its other values.
 */
export function markProcessDead(_pid?: number): void {}
