import type { AnnouncedTarget } from './announcement.js'

/**
 * Returns targets in the JSON of Prometheus' file_sd and http_sd: one group for each target, by address. Equal targets
 * give equal text.
 */
export function targetGroups(targets: readonly AnnouncedTarget[]): string {
  const groups = [...targets]
    .sort((a, b) => (a.address < b.address ? -1 : 1))
    .map(({ address, labels }) => ({ targets: [address], labels: sorted(labels) }))
  return `${JSON.stringify(groups, undefined, 2)}\n`
}

function sorted(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}
