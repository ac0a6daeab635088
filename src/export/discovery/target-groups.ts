import type { AnnouncedTarget } from '../../model/announced-target.js'

/**
 * Returns targets in the JSON of Prometheus' file_sd and http_sd: one group for each target, by address. Equal targets
 * give equal text.
 *
 * @example targetGroups([{ id: 'web1:9500', address: 'web1:9500', labels: { worker: '1' } }])
 * // [{ "targets": ["web1:9500"], "labels": { "worker": "1" } }]
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
