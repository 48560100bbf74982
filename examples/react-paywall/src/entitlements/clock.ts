type Reading = {
  /** Milliseconds that the gateway's time is ahead of this computer's. */
  offset: number;
  /** When the gateway was last heard, by this computer; undefined if never. */
  heardAt: number | undefined;
};

let reading: Reading = { offset: 0, heardAt: undefined };

/**
 * The gateway's time, by which entitlements begin and end. This computer's clock may be wrong by any amount; how long
 * something takes, it can tell.
 */
export const clock = {
  now: () => Date.now() + reading.offset,

  heardAt: () => reading.heardAt,

  /** The gateway gave a sign of life. */
  hear(): void {
    reading = { ...reading, heardAt: Date.now() };
  },

  /** It said what time it is. */
  hearTime(instant: string): void {
    reading = { offset: Date.parse(instant) - Date.now(), heardAt: Date.now() };
  },

  /** It told of something that has happened: it is that late at least. */
  hearPast(instant: string): void {
    if (Date.parse(instant) > clock.now()) clock.hearTime(instant);
  },

  read: () => reading,

  restore(kept: Reading): void {
    reading = kept;
  },
};
