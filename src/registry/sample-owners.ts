import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { sampleNames } from '../model/sample-names.js'

/** Which family of a registry shows the samples of a name: `seconds_count` is the histogram's `seconds`. */
export class SampleOwners {
  private readonly owners = new Map<string, FamilyDescriptor>()

  /** @throws MetricsError `NAME_TAKEN` when another family has samples of the same name */
  add(family: FamilyDescriptor): void {
    const names = sampleNames(family)
    for (const name of names) {
      const owner = this.owners.get(name)
      if (owner !== undefined) throw taken(name, owner, family)
    }
    for (const name of names) this.owners.set(name, family)
  }

  remove(family: FamilyDescriptor): void {
    for (const name of sampleNames(family)) if (this.owners.get(name) === family) this.owners.delete(name)
  }
}

function taken(name: string, owner: FamilyDescriptor, family: FamilyDescriptor): MetricsError {
  const both = `the ${owner.type} ${owner.name}, registered already, and the ${family.type} ${family.name}`
  return new MetricsError('NAME_TAKEN', `${both} would both show samples named ${name}; rename one of them`)
}
