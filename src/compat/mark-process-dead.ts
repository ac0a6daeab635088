/**
 * Does nothing, for those who look for it: who lives is what the kernel says, the moment a process ends. What a dead
 * process had in `live…` gauges is gone with the next scrape, and the rest is kept.
 */
export function markProcessDead(_pid?: number): void {}
