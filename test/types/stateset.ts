// The states are part of the type, without `as const`: a wrong one is wrong in the editor.
import { Enum, StateSet, type StateSetMode } from 'promhive'

const phase = new StateSet({ name: 'phase', help: 'P.', states: ['starting', 'running'], initial: 'starting' })
const shards = new StateSet({
  name: 'shards',
  help: 'S.',
  states: ['up', 'down'],
  labelNames: ['shard'],
  mode: 'count',
})

phase.state('running')
phase.set({ running: true })
phase.set({ running: true, starting: false })
shards.state({ shard: 1 }, 'up')
shards.set({ shard: '1' }, { up: false })
shards.labels('1').state('down')
shards.labels({ shard: '1' }).set({ down: true })
shards.remove({ shard: '1' })
export const exact: StateSet<'starting' | 'running'> = phase
export const labelled: StateSet<'up' | 'down', 'shard'> = shards
export const sameThing: Enum<'starting' | 'running'> = new Enum({
  name: 'e',
  help: 'E.',
  states: ['starting', 'running'],
})

// States that are computed are strings.
const names: string[] = ['a', 'b']
const computed = new StateSet({ name: 'computed', help: 'C.', states: names })
computed.state('a')
computed.set({ b: true })

// @ts-expect-error a state that does not exist
phase.state('stopped')
// @ts-expect-error a state that does not exist
phase.set({ stopped: true })
// @ts-expect-error a state is true or false
phase.set({ running: 1 })
// @ts-expect-error no state
phase.state()
// @ts-expect-error a state that does not exist, at a child
shards.labels('1').state('left')
// @ts-expect-error a state that does not exist
shards.state({ shard: 1 }, 'left')
// @ts-expect-error labels are missing
shards.state('up')
// @ts-expect-error a label that was not declared
shards.state({ node: 1 }, 'up')
// @ts-expect-error a state that does not exist
new StateSet({ name: 'phase', help: 'P.', states: ['starting', 'running'], initial: 'stopped' })
// @ts-expect-error the states are missing
new StateSet({ name: 'phase', help: 'P.' })
// @ts-expect-error a mode that does not exist
new StateSet({ name: 'phase', help: 'P.', states: ['a'], mode: 'sum' })
// @ts-expect-error a stateset has no unit
new StateSet({ name: 'phase', help: 'P.', states: ['a'], unit: 'seconds' })
// @ts-expect-error a mode in capitals
export const mode: StateSetMode = 'COUNT'
