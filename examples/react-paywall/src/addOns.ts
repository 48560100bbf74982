/** Whether a product is sold in addition to a plan, as the names of this company's products have it. */
export const isAddOn = ({ lookupKey }: { lookupKey: string | null }) => lookupKey?.endsWith("-add-on") ?? false;
