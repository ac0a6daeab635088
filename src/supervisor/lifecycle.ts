import { type Logger, standardLogger } from './log.js'
import type { WorkerExit, WorkerState } from './worker-process.js'

/** A worker as hooks see it. */
export interface SupervisedWorker {
  /** 1 to N; its successor has the same. */
  readonly id: number
  readonly pid: number
  /** In seconds since 1970. */
  readonly startedAt: number
  /** Seconds since then. */
  readonly uptime: number
  /** Resolves when it has ended. */
  readonly exited: Promise<WorkerExit>
  state(): WorkerState
  /** Updates its metrics from the kernel's numbers. */
  refresh(): void
  /** Has it finish what it does, and end; another one follows while the application runs. */
  retire(reason: 'stop'): void
  signal(signal: NodeJS.Signals): void
}

/** The supervisor as hooks see it. */
export interface SupervisorView {
  /** Where the metrics are; undefined while no port of the supervisor's is open. */
  readonly metricsUrl: string | undefined
  workers(): readonly SupervisedWorker[]
}

/** What happens in the life of an application, in this order. */
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
 * The facts that a hook receives.
 *
 * @experimental
 */
export class HookContext<S extends SupervisorView = SupervisorView> {
  readonly event: HookName | undefined
  readonly server: S
  /** The worker that it is about. */
  readonly worker: SupervisedWorker | undefined
  /** How that worker ended. */
  readonly exit: (WorkerExit & { readonly reason: string }) | undefined
  /** How many workers there were, and are to be. */
  readonly change: { readonly from: number; readonly to: number } | undefined
  readonly logger: Logger

  constructor(fields: {
    readonly server: S
    /** The supervisor's own when left out. */
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

/** gunicorn's hooks, with gunicorn's arguments. Methods: each may ask for more of a server than a view has. */
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
 * What an application has done when something happens. Hooks run in the supervisor; each may be async. One that throws, or
 * does not end, is logged and counted, and nothing else.
 *
 * gunicorn's names are hooks too, with underscores as well, and get gunicorn's arguments: `GunicornHooks`.
 */
export type LifecycleHooks<S extends SupervisorView = SupervisorView> = {
  readonly [E in HookName]?: (context: EventContext<S, E>) => unknown
} & Readonly<GunicornHooks<S>> & {
    readonly [K in keyof GunicornHooks<S> as Underscored<K>]?: GunicornHooks<S>[K]
  }

/** gunicorn's hooks: what happens, and what they are handed. */
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

/** Everything that is to be called when something happens, in the order of the object. */
export function hooksFor(hooks: LifecycleHooks, event: HookName): readonly NamedHook[] {
  return Object.entries(hooks).flatMap(([name, given]): NamedHook[] => {
    if (typeof given !== 'function') return []
    const hook = given as (...args: unknown[]) => unknown
    if (name === event) return [{ name, call: (context) => hook(context) }]
    const gunicorn = gunicornHooks[camelCase(name) as keyof typeof gunicornHooks]
    return gunicorn?.[0] === event ? [{ name, call: (context) => hook(...gunicorn[1](context)) }] : []
  })
}

/** The names in an object that are no hook: a misspelt one would never be called. */
export function unknownHooks(hooks: object): string[] {
  return Object.keys(hooks).filter((name) => {
    return !hookNames.includes(name as HookName) && !(camelCase(name) in gunicornHooks)
  })
}

function camelCase(name: string): string {
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
