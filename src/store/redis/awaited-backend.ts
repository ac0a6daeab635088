import { held } from '../../platform/held.js'
import type { Backend, BackendContext, Source, Store } from '../contract.js'

type AwaitedParts = Omit<Backend, 'close'> & { flush(): Promise<boolean>; close(): Promise<void> }

/** A backend as an application has it: what is awaited of it keeps the process running. */
export class AwaitedBackend implements Backend {
  readonly shared = true

  /** @param identity names what the processes count in, without credentials */
  constructor(
    private readonly backend: AwaitedParts,
    readonly identity?: string | undefined,
    readonly directory?: string | undefined,
  ) {}

  get name(): string {
    return this.backend.name
  }

  begin(context: BackendContext): void {
    this.backend.begin?.(context)
  }

  openStore(): Store {
    return this.backend.openStore()
  }

  openSource(): Source {
    return this.backend.openSource()
  }

  flush(): Promise<boolean> {
    return held(this.backend.flush())
  }

  close(): Promise<void> {
    return held(this.backend.close())
  }
}
