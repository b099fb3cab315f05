/** Why something is not in the service's ticket, although nothing broke. */
const reasons = {
  /** By `TICKETS_API_REPLIES`. */
  off: "replies are not sent to the ticket service: TICKETS_API_REPLIES is off",
  /** The service took the write, but it is not in the ticket. */
  "not-kept": "the ticket service takes it, but does not keep it",
  /** The service does not show the ticket's entries, which writing them anew would lose. */
  "threads-not-shown": "the ticket service does not show the ticket's messages",
  /** Only `put-threads` can change what was said. */
  "not-changeable": "messages cannot be changed in the ticket service",
  "not-removable": "messages cannot be removed in the ticket service",
  /** What has no time could not be recognised once it says something else. */
  "no-time": "the ticket service tells no time of its messages, so they cannot be changed there",
  /** Someone there has removed it. */
  "no-longer-there": "the message is no longer in the ticket service",
} as const;

export type NotRecordedReason = keyof typeof reasons;

/** A ticket service is well, and does not have what it was given. It stays so if asked again. */
export class NotRecorded extends Error {
  override readonly name = "NotRecorded";
  readonly reason: NotRecordedReason;

  /** The message is for agents. `what` says more, such as which fields. */
  constructor(reason: NotRecordedReason, what?: string) {
    super(what === undefined ? reasons[reason] : `${reasons[reason]}: ${what}`);
    this.reason = reason;
  }
}
