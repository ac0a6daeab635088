import { definitionKey, type FamilyDescriptor } from '../model/descriptor.js'
import { WeakList } from '../model/weak-list.js'
import type { Members } from './members.js'

/**
 * The registries of a process, for both builds of the package. Those of one name show the same metrics, as they do across
 * processes.
 */
export class KnownRegistries {
  private readonly all = new WeakList<Members>()
  private readonly byName = new Map<string, WeakList<Members>>()

  /** @param around the registries of the process, if these are in a context of their own */
  constructor(private readonly around?: KnownRegistries) {}

  add(members: Members, name?: string): void {
    this.all.add(members)
    this.around?.add(members)
    if (name === undefined) return
    let named = this.byName.get(name)
    if (named === undefined) this.byName.set(name, (named = new WeakList()))
    named.add(members)
  }

  /** Whether a registry of this name has the family among its members. */
  hasMember(name: string, family: FamilyDescriptor): boolean {
    const key = definitionKey(family)
    for (const members of this.byName.get(name) ?? []) {
      const member = members.get(family.name)?.family
      if (member !== undefined && definitionKey(member) === key) return true
    }
    return false
  }

  /** The members of every registry that is still in use. */
  [Symbol.iterator](): Iterator<Members> {
    return this.all[Symbol.iterator]()
  }
}
