import { defaultRegistryName, definitionKey, type FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { describe } from '../model/metric-name.js'
import { WeakList } from '../model/weak-list.js'
import type { Members } from './members.js'

/** Registries of one process by their names: those of one name show the same metrics, as they do across processes. */
const membersOf = new WeakMap<object, Map<string, WeakList<Members>>>()

/**
 * Throws `OPTION_INVALID` for a name that means another registry: the default one, or one without a name.
 *
 * @param first whether the registry is the first of its process: the default one
 */
export function checkRegistryName(name: unknown, first: boolean): void {
  if (name === undefined) return
  const fault =
    typeof name !== 'string' || name === ''
      ? `must be a text, got ${describe(name)}`
      : name.startsWith('~')
        ? `cannot begin with "~", got ${describe(name)}: such names are reserved for registries without a name`
        : name === defaultRegistryName && !first
          ? `cannot be "${name}", the name of the default registry; use register, or another name`
          : undefined
  if (fault !== undefined) throw new MetricsError('OPTION_INVALID', `the name of a registry ${fault}`)
}

/** A registry of this name has these members from now on. */
export function joinNamed(context: object, name: string, members: Members): void {
  let byName = membersOf.get(context)
  if (byName === undefined) membersOf.set(context, (byName = new Map()))
  let named = byName.get(name)
  if (named === undefined) byName.set(name, (named = new WeakList()))
  named.add(members)
}

/** Whether any registry of this name has the family among its members. */
export function isMemberOfNamed(context: object, name: string, family: FamilyDescriptor): boolean {
  const key = definitionKey(family)
  for (const members of membersOf.get(context)?.get(name) ?? []) {
    const member = members.get(family.name)?.family
    if (member !== undefined && definitionKey(member) === key) return true
  }
  return false
}
