import type { Gathered, Gatherer, GatherRequest } from '../../gather/gatherer.js'
import type { GuestSeat } from '../../store/shared/guest-seat.js'

/**
 * Gathers what exporters send, with the notes of this process on what they have sent: if the files of the application
 * were replaced, the notes move first. Without them, everything would look as if it had not been sent.
 */
export class NotedGatherer implements Gatherer {
  constructor(
    private readonly inner: Gatherer,
    private readonly guest: Pick<GuestSeat, 'follow'>,
  ) {}

  async gather(request?: GatherRequest): Promise<Gathered> {
    this.guest.follow()
    let gathered = await this.inner.gather(request)
    // The files were replaced during the gathering, so it may have read them without the notes.
    while (this.guest.follow()) {
      gathered.release()
      gathered = await this.inner.gather(request)
    }
    return gathered
  }
}
