import { type Logger, standardLogger } from './log.js'
import type { WorkerExit, WorkerState } from './worker-process.js'

/** A worker, as hooks receive it. */
export interface SupervisedWorker {
  /** The number of the worker, 1 to N; its successor has the same number. */
  readonly id: number
  readonly pid: number
  /** In seconds since 1970. */
  readonly startedAt: number
  /** Seconds since `startedAt`. */
  readonly uptime: number
  /** Resolves when the worker has ended. */
  readonly exited: Promise<WorkerExit>
  state(): WorkerState
  /** Updates the metrics of the worker from the kernel's numbers. */
  refresh(): void
  /** Asks the worker to finish its requests and to end. While the application runs, a successor follows. */
  retire(reason: 'stop'): void
  signal(signal: NodeJS.Signals): void
}

/** The supervisor, as hooks receive it. */
export interface SupervisorView {
  /** The URL of the metrics; undefined while the supervisor has no open port. */
  readonly metricsUrl: string | undefined
  workers(): readonly SupervisedWorker[]
}

/** The events in the life of an application, in this order. */
export const hookNames = [
  'starting',
  'beforeFork',
  'workerStarted',
  'workerReady',
  'ready',
  'workerInterrupted',
  'workerAborted',
  'workerExited',
  'workersChanged',
  'reload',
  'stopping',
  'stopped',
] as const
export type HookName = (typeof hookNames)[number]

/**
 * The argument of a hook.
 *
 * @experimental
 */
export class HookContext<S extends SupervisorView = SupervisorView> {
  readonly event: HookName | undefined
  readonly server: S
  /** The worker that the event is about. */
  readonly worker: SupervisedWorker | undefined
  /** How that worker ended. */
  readonly exit: (WorkerExit & { readonly reason: string }) | undefined
  /** The old and the new number of workers. */
  readonly change: { readonly from: number; readonly to: number } | undefined
  readonly logger: Logger

  constructor(fields: {
    readonly server: S
    /** By default, the logger of the supervisor. */
    readonly logger?: Logger | undefined
    readonly event?: HookName | undefined
    readonly worker?: SupervisedWorker | undefined
    readonly exit?: (WorkerExit & { readonly reason: string }) | undefined
    readonly change?: { readonly from: number; readonly to: number } | undefined
  }) {
    this.event = fields.event
    this.server = fields.server
    this.worker = fields.worker
    this.exit = fields.exit
    this.change = fields.change
    this.logger = fields.logger ?? standardLogger
  }
}

/** The properties of a context, by event. */
type EventContext<S extends SupervisorView, E extends HookName> = HookContext<S> & {
  readonly event: E
} & (E extends 'workerStarted' | 'workerReady' | 'workerInterrupted' | 'workerAborted' | 'workerExited'
    ? { readonly worker: SupervisedWorker }
    : unknown) &
  (E extends 'workerExited' ? { readonly exit: NonNullable<HookContext['exit']> } : unknown) &
  (E extends 'workersChanged' ? { readonly change: NonNullable<HookContext['change']> } : unknown)

/**
 * gunicorn's hooks, with gunicorn's arguments. Declared as methods, so that a hook may require more of a server than a
 * view has.
 */
export interface GunicornHooks<S extends SupervisorView> {
  onStarting?(server: S): unknown
  /** There is no worker yet. */
  preFork?(server: S, worker: undefined): unknown
  postFork?(server: S, worker: SupervisedWorker): unknown
  postWorkerInit?(worker: SupervisedWorker): unknown
  whenReady?(server: S): unknown
  workerInt?(worker: SupervisedWorker): unknown
  workerAbort?(worker: SupervisedWorker): unknown
  childExit?(server: S, worker: SupervisedWorker): unknown
  workerExit?(server: S, worker: SupervisedWorker): unknown
  nworkersChanged?(server: S, to: number, from: number): unknown
  onReload?(server: S): unknown
  onExit?(server: S): unknown
}

/** `postFork` as `post_fork`. */
type Underscored<T extends string> = T extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : `_${Lowercase<Letter>}`}${Underscored<Rest>}`
  : T

/**
 * The hooks of an application. They run in the supervisor; each may be async. A hook that throws or does not end is
 * logged and counted, and has no other effect.
 *
 * gunicorn's names are accepted as well, also with underscores, and get gunicorn's arguments: `GunicornHooks`.
 */
export type LifecycleHooks<S extends SupervisorView = SupervisorView> = {
  readonly [E in HookName]?: (context: EventContext<S, E>) => unknown
} & Readonly<GunicornHooks<S>> & {
    readonly [K in keyof GunicornHooks<S> as Underscored<K>]?: GunicornHooks<S>[K]
  }

/** gunicorn's hooks: their events and arguments. */
const gunicornHooks = {
  onStarting: ['starting', ({ server }: HookContext) => [server]],
  preFork: ['beforeFork', ({ server, worker }: HookContext) => [server, worker]],
  postFork: ['workerStarted', ({ server, worker }: HookContext) => [server, worker]],
  postWorkerInit: ['workerReady', ({ worker }: HookContext) => [worker]],
  whenReady: ['ready', ({ server }: HookContext) => [server]],
  workerInt: ['workerInterrupted', ({ worker }: HookContext) => [worker]],
  workerAbort: ['workerAborted', ({ worker }: HookContext) => [worker]],
  childExit: ['workerExited', ({ server, worker }: HookContext) => [server, worker]],
  workerExit: ['workerExited', ({ server, worker }: HookContext) => [server, worker]],
  nworkersChanged: ['workersChanged', ({ server, change }: HookContext) => [server, change?.to, change?.from]],
  onReload: ['reload', ({ server }: HookContext) => [server]],
  onExit: ['stopped', ({ server }: HookContext) => [server]],
} as const satisfies Record<
  keyof GunicornHooks<SupervisorView>,
  readonly [HookName, (context: HookContext) => readonly unknown[]]
>

/** A hook, ready to be called. */
export interface NamedHook {
  readonly name: string
  call(context: HookContext): unknown
}

/** Returns the hooks to call for an event, in the order of the object. */
export function hooksFor(hooks: LifecycleHooks, event: HookName): readonly NamedHook[] {
  return Object.entries(hooks).flatMap(([name, value]): NamedHook[] => {
    if (typeof value !== 'function') return []
    const hook = value as (...args: unknown[]) => unknown
    if (name === event) return [{ name, call: (context) => hook(context) }]
    const gunicorn = gunicornHooks[camelCase(name) as keyof typeof gunicornHooks]
    return gunicorn?.[0] === event ? [{ name, call: (context) => hook(...gunicorn[1](context)) }] : []
  })
}

/** Returns the names in an object that are not hooks: a misspelt one would never be called. */
export function unknownHooks(hooks: object): string[] {
  return Object.keys(hooks).filter((name) => {
    return !hookNames.includes(name as HookName) && !(camelCase(name) in gunicornHooks)
  })
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
