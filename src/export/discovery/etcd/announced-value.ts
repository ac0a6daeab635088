import type { AnnouncedTarget } from '../announcement.js'

/** Returns the value of a target's key: a group in the form of Prometheus' file_sd. */
export function announcedValue({ address, labels }: AnnouncedTarget, job: string | undefined): string {
  return JSON.stringify({ targets: [address], labels: { ...(job !== undefined && { job }), ...labels } })
}

/**
 * Reads the value of a key, which other programs may have written. Prometheus refuses a whole file if one of its groups
 * is wrong.
 *
 * @returns the targets, or what is wrong with the value
 */
export function readAnnouncedValue(id: string, text: string): readonly AnnouncedTarget[] | string {
  let group: { readonly targets?: unknown; readonly labels?: unknown } | undefined
  try {
    group = JSON.parse(text)
  } catch {
    return 'it is not JSON'
  }
  const { targets, labels = {} } = Object(group) as NonNullable<typeof group>
  if (!Array.isArray(targets)) return 'it has no list of targets'
  if (!targets.every((target) => typeof target === 'string' && /^[^\s/]+$/.test(target))) {
    return 'a target must be host:port'
  }
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return 'its labels are not an object'
  for (const [name, value] of Object.entries(labels)) {
    if (!/^[a-zA-Z_]\w*$/.test(name)) return `${JSON.stringify(name)} is not the name of a label`
    if (typeof value !== 'string') return `the label ${name} is not a string`
  }
  return targets.map((address) => ({ id, address, labels: labels as Record<string, string> }))
}
