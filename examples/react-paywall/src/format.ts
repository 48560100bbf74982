const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** As "3 May 2030", in the reader's zone. */
export const day = (instant: string) => DAY.format(new Date(instant));

/** As "14:02", with the day before it unless that is today. */
export function dayAndTime(milliseconds: number): string {
  const instant = new Date(milliseconds);
  const time = TIME.format(instant);
  return instant.toDateString() === new Date().toDateString() ? time : `${time} on ${DAY.format(instant)}`;
}
