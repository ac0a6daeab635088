import type { FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { checkLabelNames } from '../model/label-set.js'
import { stateSlots } from '../model/layout/stateset.js'
import { describe } from '../model/metric-name.js'
import { stateSetModes } from '../model/metric-type.js'
import type { LabelTexts } from '../model/series-ref.js'
import { checkStates, stateIndex } from '../model/states.js'
import { Child, type ChildOwner } from './child.js'
import { LabelledMetric, type TypePart } from './labelled.js'
import { stateSetOptions } from './option-names.js'
import type { LabelValues, StateSetOptions, VerbArguments } from './options.js'

/** The time of an initial state: any state that is set has a later time. */
const longAgo = Number.MIN_VALUE

/** One series of a stateset. */
export class StateSetChild<S extends string = string> extends Child {
  private readonly states = (this.family as FamilyDescriptor<'stateset'>).states

  /**
   * Exactly this one state.
   *
   * @throws MetricsError `STATE_UNKNOWN`
   */
  state(state: S): void {
    this.record(stateIndex(this.family.name, this.states, state), now())
  }

  /**
   * Each of these states as it is given; the others as this process set them before, false at first.
   *
   * @throws MetricsError `STATE_UNKNOWN`, and `VALUE_INVALID` for a value that is neither true nor false
   */
  set(states: Readonly<Partial<Record<S, boolean>>>): void {
    this.check(states)
    if (this.gate[0] !== this.seen) this.open()
    const { values, words, at } = this
    const seconds = now()
    Atomics.add(words, at * 2, 1)
    values[at + stateSlots.epoch] = this.window.epoch
    values[at + stateSlots.seconds] = seconds
    for (const [state, on] of Object.entries(states))
      values[at + stateSlots.states + this.states.indexOf(state)] = Number(on)
    Atomics.add(words, at * 2, 1)
  }

  /** @internal Shows this state until one is set. */
  begin(state: S): void {
    this.open()
    if (this.values[this.at + stateSlots.seconds] === 0) {
      this.record(stateIndex(this.family.name, this.states, state), longAgo)
    }
  }

  /** The sequence number is odd between the stores, as in a histogram: readers see all states of one moment. */
  private record(index: number, seconds: number): void {
    if (this.gate[0] !== this.seen) this.open()
    const { values, words, at, states } = this
    Atomics.add(words, at * 2, 1)
    values[at + stateSlots.epoch] = this.window.epoch
    values[at + stateSlots.seconds] = seconds
    for (let i = 0; i < states.length; i++) values[at + stateSlots.states + i] = i === index ? 1 : 0
    Atomics.add(words, at * 2, 1)
  }

  private check(stateValues: Readonly<Partial<Record<string, unknown>>>): void {
    const { name } = this.family
    if (typeof stateValues !== 'object' || stateValues === null) {
      throw new MetricsError('VALUE_INVALID', `${name}: set takes states and booleans, got ${describe(stateValues)}`)
    }
    for (const [state, on] of Object.entries(stateValues)) {
      stateIndex(name, this.states, state)
      if (typeof on === 'boolean') continue
      throw new MetricsError('VALUE_INVALID', `${name}: state "${state}" is true or false, got ${describe(on)}`)
    }
  }
}

/**
 * States of which one or several are true: starting, running, draining. `Enum` is another name for it.
 *
 * For several processes, the `mode` determines what is shown: the states that were set last (`mostrecent`, the
 * default), those of each process under the label `worker` (`all`), or the number of processes in each state (`count`).
 * A dead process is in no state. Without `initial`, nothing is shown before the first `state()` or `set()`.
 *
 * @example
 * const phase = new StateSet({ name: 'worker_phase', help: 'What it does.', states: ['starting', 'running'], mode: 'count' })
 * phase.state('running')
 * @example
 * const flags = new StateSet({ name: 'features', help: 'Switched on.', states: ['beta', 'dark'], labelNames: ['shard'] })
 * flags.set({ shard: '1' }, { beta: true })
 */
export class StateSet<S extends string, L extends string = never, D extends L = never> extends LabelledMetric<
  L,
  StateSetChild<S>,
  D
> {
  private readonly initial: S | undefined

  /**
   * Creates a stateset and registers it.
   *
   * @throws MetricsError as for a counter, `STATES_INVALID` and `MODE_UNKNOWN`; `UNIT_MISMATCH` for a unit, which a
   * stateset cannot have
   */
  constructor(options: StateSetOptions<S, L, StateSet<S, L, D>, D>) {
    const reserved = options?.mode === 'all' ? 'perWriter' : []
    super(options as StateSetOptions<S, L, never, D>, stateSetOptions, (name) => stateSetPart(name, options), reserved)
    this.initial = options.initial
  }

  /** Exactly this one state. */
  state(...args: VerbArguments<L, [state: S], D>): void
  state(first: unknown, state?: S): void {
    if (typeof first === 'object' && first !== null) this.find(first as LabelValues<L>).state(state as S)
    else this.only.state(first as S)
  }

  /** Each of these states as it is given; the others as this process set them before. */
  set(...args: VerbArguments<L, [states: Readonly<Partial<Record<S, boolean>>>], D>): void
  set(first: unknown, states?: Readonly<Partial<Record<S, boolean>>>): void {
    if (states === undefined) this.only.set(first as Readonly<Partial<Record<S, boolean>>>)
    else this.find(first as LabelValues<L>).set(states)
  }

  /** @internal Shows an initial state from the start. */
  override start(): void {
    if (this.initial !== undefined) this.only.begin(this.initial)
    else if (this.labelNames.length > 0) super.start()
  }

  /** @internal */
  protected make(family: FamilyDescriptor, owner: ChildOwner, texts?: LabelTexts): StateSetChild<S> {
    return new StateSetChild<S>(family, owner, texts)
  }
}

function stateSetPart(
  name: string,
  options: Omit<StateSetOptions<string, string>, 'collect'>,
): TypePart<FamilyDescriptor<'stateset'>> {
  const { mode = 'mostrecent', initial } = options
  // The label with the state has the name of the family, including its prefix, so the metric cannot declare it.
  checkLabelNames(name, options.labelNames, [name])
  const states = checkStates(name, options.states)
  if (!stateSetModes.includes(mode)) {
    throw new MetricsError('MODE_UNKNOWN', `${name}: mode ${describe(mode)} is none of ${stateSetModes.join(', ')}`)
  }
  if (initial !== undefined) {
    stateIndex(name, states, initial)
    if ((options.labelNames ?? []).length > 0) {
      const text = `${name}: with labels there is no series yet that could be in an initial state; call state(labels, …)`
      throw new MetricsError('OPTION_INVALID', text)
    }
  }
  return { type: 'stateset', states, mode }
}

/** Returns the time in seconds, to the microsecond, so that the later of two processes on one host wins. */
function now(): number {
  return (performance.timeOrigin + performance.now()) / 1000
}
