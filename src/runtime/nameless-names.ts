import type { Nameless } from '../metric/context.js'

/** From this number of nameless registries or metrics on, they are probably created for each request. */
const namelessLimit = 1000

/** Names what has no name by its sequence number, and warns of a process that makes more and more of it. */
export class NamelessNames {
  private readonly made = { registry: 0, metric: 0 }

  constructor(private readonly warn: (code: string, text: string) => void) {}

  next(what: Nameless): string {
    this.made[what]++
    if (this.made[what] === namelessLimit) {
      const text = `${namelessLimit} ${what === 'registry' ? 'registries without a name' : 'metrics without a registry'} were made: give what is made for one request promhive's own new Registry({ scope: 'process' })`
      this.warn(`NAMELESS_${what.toUpperCase()}`, text)
    }
    return `~${what} ${this.made[what]}`
  }
}
