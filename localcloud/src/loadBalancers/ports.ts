/** The port on which an https service with `redirect_http` sends visitors to itself. */
export const redirectPort = 80;
