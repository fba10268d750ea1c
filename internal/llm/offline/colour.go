package offline

import "image/color"

// colourName names a colour as people would, from its hue, saturation and lightness.
func colourName(c color.Color) string {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	if n.A < 32 {
		return "transparent"
	}
	r, g, b := float64(n.R)/255, float64(n.G)/255, float64(n.B)/255
	high, low := max(r, g, b), min(r, g, b)
	light, spread := (high+low)/2, high-low
	if light < 0.08 {
		return "black"
	}
	if spread < 0.1 || spread/(high+1e-9) < 0.12 {
		return greyName(light)
	}
	return hueName(hue(r, g, b), light, spread)
}

func greyName(light float64) string {
	switch {
	case light < 0.15:
		return "black"
	case light > 0.92:
		return "white"
	}
	return "grey"
}

// hue returns the angle of a colour that is not grey, 0 to 360.
func hue(r, g, b float64) float64 {
	high, low := max(r, g, b), min(r, g, b)
	var h float64
	switch high {
	case r:
		h = (g - b) / (high - low)
	case g:
		h = (b-r)/(high-low) + 2
	default:
		h = (r-g)/(high-low) + 4
	}
	if h < 0 {
		h += 6
	}
	return h * 60
}

func hueName(h, light, spread float64) string {
	switch {
	case (h < 15 || h >= 345) && light > 0.7:
		return "pink"
	case h < 15 || h >= 345:
		return "red"
	case h < 45 && (light < 0.4 || spread < 0.4 && light < 0.6):
		return "brown"
	case h < 45:
		return "orange"
	case h < 70:
		return "yellow"
	case h < 165:
		return "green"
	case h < 195:
		return "turquoise"
	case h < 255:
		return "blue"
	case h < 290:
		return "purple"
	}
	return "pink"
}
