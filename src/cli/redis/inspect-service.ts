import { inLine } from '../../model/terminal-text.js'
import { held } from '../../platform/held.js'
import { Slices } from '../../platform/slices.js'
import { isWriter, type LedgerEntry } from '../../store/redis/entry.js'
import type { ServiceSnapshot } from '../../store/redis/service-snapshot.js'
import { ServiceSnapshots } from '../../store/redis/service-snapshots.js'
import { columns } from '../columns.js'
import { print, printJson } from '../output.js'
import { seriesByFamily } from '../series-by-family.js'
import { openService, unreadableService } from './open-service.js'
import type { RedisTarget } from './redis-arguments.js'

/** One ledger of a service: of a writer, or the values that dead writers have left. */
interface LedgerFacts {
  readonly ledger: string
  readonly kind: string
  readonly instance: string
  readonly shard: number
  readonly seat: number
  /** `live` or `dead` for a writer, `kept` for the values that dead writers have left. */
  readonly state: 'live' | 'dead' | 'kept'
  readonly startedAt: string | undefined
  /** Seconds since its last acknowledged flush; only for writers. */
  readonly lastFlush: number | undefined
  readonly version: number
  readonly processes: number
  readonly families: Readonly<Record<string, number>>
  readonly series: number
  readonly bytes: number
}

/** Prints the ledgers of a service; resolves to the exit code. */
export function inspectService(target: RedisTarget, json: boolean): Promise<number> {
  return held(inspect(target, json))
}

async function inspect(target: RedisTarget, json: boolean): Promise<number> {
  const service = openService(target)
  try {
    const snapshots = service.snapshots()
    await snapshots.read(new Slices()).catch((cause) => {
      throw unreadableService(target, cause)
    })
    const ledgers = snapshots.all.flatMap((snapshot, shard) =>
      [...snapshot.entries].map(([id, entry]) => describeLedger(snapshot, shard, id, entry)),
    )
    ledgers.sort((a, b) => a.seat - b.seat || (a.ledger < b.ledger ? -1 : 1))
    const { unreadable } = snapshots
    if (json) printJson({ redis: target.name, ledgers, unreadable })
    else printLedgers(target.name, ledgers, unreadable)
    return unreadable === 0 ? 0 : 1
  } finally {
    await service.close()
  }
}

function describeLedger(snapshot: ServiceSnapshot, shard: number, id: string, entry: LedgerEntry): LedgerFacts {
  const { version, facts } = entry
  const snapshots = snapshot.ledgers.get(id)?.snapshots(true) ?? []
  const families: Record<string, number> = Object.create(null)
  for (const { log } of snapshots) {
    for (const [name, series] of Object.entries(seriesByFamily(log))) families[name] = (families[name] ?? 0) + series
  }
  const { kind, instance, startedAt, parts } = facts
  const writes = isWriter(facts)
  const heard = snapshot.heardAt(id)
  return {
    ledger: id,
    kind,
    instance,
    shard,
    seat: ServiceSnapshots.seat(shard, entry.seat),
    state: writes ? (snapshot.isLive(id) ? 'live' : 'dead') : 'kept',
    startedAt: writes ? new Date(startedAt * 1000).toISOString() : undefined,
    lastFlush: writes && heard > 0 ? Math.max(0, snapshot.now - heard) / 1000 : undefined,
    version,
    processes: parts?.filter(({ live }) => live).length ?? Number(writes),
    families,
    series: Object.values(families).reduce((sum, count) => sum + count, 0),
    bytes: snapshots.reduce((sum, each) => sum + each.bytes, 0),
  }
}

function printLedgers(name: string, ledgers: readonly LedgerFacts[], unreadable: number): void {
  const count = (state: LedgerFacts['state']): number => ledgers.filter((each) => each.state === state).length
  print(`${name}: ${count('live')} writers alive, ${count('dead')} dead, ${count('kept')} ledgers of earlier ones`)
  const rows = [
    ['seat', 'ledger', 'state', 'since', 'last flush', 'processes', 'families', 'series', 'size'],
    ...ledgers.map((each) => [
      String(each.seat),
      each.ledger,
      each.state,
      each.startedAt ?? '-',
      each.lastFlush === undefined ? '-' : `${each.lastFlush.toFixed(1)} s ago`,
      each.state === 'kept' ? '-' : String(each.processes),
      String(Object.keys(each.families).length),
      String(each.series),
      `${each.bytes} B`,
    ]),
  ]
  if (ledgers.length > 0) for (const line of columns(rows)) print(`  ${line}`)
  const families = new Map<string, number>()
  for (const each of ledgers) {
    for (const [family, series] of Object.entries(each.families)) {
      families.set(family, (families.get(family) ?? 0) + series)
    }
  }
  for (const [family, series] of [...families].sort()) {
    print(`  ${inLine(family)}: ${series} series in all ledgers together`)
  }
  if (unreadable > 0) print(`  ! ${unreadable} entries cannot be read: another version of promhive, or another program`)
}
