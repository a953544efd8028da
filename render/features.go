package render

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

func (f Features) check() error {
	var errs []error
	switch f.OAuthKeys {
	case "", "encrypt", "hash":
	default:
		errs = append(errs, fmt.Errorf("oauth_keys: %q is neither encrypt nor hash", f.OAuthKeys))
	}
	if f.CacheInvalidation != nil && f.CacheInvalidation.Domain == "" {
		errs = append(errs, errors.New("cache_invalidation: the domain is missing"))
	}
	errs = append(errs, f.JWT.check(), f.Analytics.check(), f.Analytics.checkProperties())
	return errors.Join(errs...)
}

func (j *JWT) check() error {
	if j == nil {
		return nil
	}
	switch {
	case j.Encoding != "" && j.Encoding != "base64" && j.Encoding != "base64url":
		return fmt.Errorf("jwt: encoding %q is neither base64 nor base64url", j.Encoding)
	case j.SigningAlgorithm != "" && j.SigningAlgorithm != "SHA256withRSA" && j.SigningAlgorithm != "NONE":
		return fmt.Errorf("jwt: signing algorithm %q is neither SHA256withRSA nor NONE", j.SigningAlgorithm)
	}
	return nil
}

func (a *Analytics) check() error {
	switch {
	case a == nil:
	case a.Type == "moesif" && a.Key == "":
		return errors.New("analytics: moesif needs its key")
	case a.Type == "choreo" && a.Token == "":
		return errors.New("analytics: choreo needs its token")
	case a.Type != "elk" && a.Type != "moesif" && a.Type != "choreo":
		return fmt.Errorf("analytics: type %q is none of elk, moesif, choreo", a.Type)
	}
	return nil
}

func (a *Analytics) checkProperties() error {
	if a == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(a.Properties)) {
		if err := checkSegment(name); err != nil {
			return fmt.Errorf("analytics: properties: %w", err)
		}
	}
	return nil
}

func (p plan) cacheInvalidation() Layer {
	l := newLayer("feature cache_invalidation")
	if c := p.Features.CacheInvalidation; c != nil && !p.isGateway() {
		l.set("features.cache_invalidation", "apim.cache_invalidation.enabled", true)
		l.set("features.cache_invalidation.domain", "apim.cache_invalidation.domain", xmlText(c.Domain))
		if len(c.Excluded) > 0 {
			l.set("features.cache_invalidation.excluded_caches", "apim.cache_invalidation.excluded_caches", c.Excluded)
		}
	}
	return l.Layer
}

func (p plan) keepArtifacts() Layer {
	l := newLayer("feature keep_artifacts")
	k := p.Features.KeepArtifacts
	if k == nil || !p.isGateway() {
		return l.Layer
	}
	for _, list := range []struct {
		name  string
		files []string
	}{{"apis", k.APIs}, {"endpoints", k.Endpoints}, {"sequences", k.Sequences}, {"local_entries", k.LocalEntries}} {
		if len(list.files) > 0 {
			l.set("features.keep_artifacts."+list.name, "apim.sync_runtime_artifacts.gateway.skip_list."+list.name, list.files)
		}
	}
	return l.Layer
}

func (p plan) jwt() Layer {
	l := newLayer("feature jwt")
	j := p.Features.JWT
	if j == nil || !p.isGateway() {
		return l.Layer
	}
	const from = "features.jwt"
	l.set(from+".enable", "apim.jwt.enable", j.Enable)
	l.setText(from+".header", "apim.jwt.header", xmlText(j.Header))
	l.setText(from+".encoding", "apim.jwt.encoding", j.Encoding)
	l.setText(from+".claim_dialect", "apim.jwt.claim_dialect", xmlText(j.ClaimDialect))
	l.setText(from+".signing_algorithm", "apim.jwt.signing_algorithm", j.SigningAlgorithm)
	l.setText(from+".generator", "apim.jwt.generator_impl", j.Generator)
	l.setText(from+".claims_extractor", "apim.jwt.claims_extractor_impl", j.ClaimsExtractor)
	if j.UserClaims != nil {
		l.set(from+".user_claims", "apim.jwt.enable_user_claims", *j.UserClaims)
	}
	if j.ExpirySeconds != 0 {
		l.set(from+".expiry", "apim.jwt.expiry_time", j.ExpirySeconds)
	}
	return l.Layer
}

// analytics is set whole: distributions ship keys of one type that would stay beside those of another.
func (p plan) analytics() Layer {
	l := newLayer("feature analytics")
	a := p.Features.Analytics
	if a == nil || !p.isGateway() {
		return l.Layer
	}
	const from = "features.analytics"
	l.set(from, "apim.analytics.enable", true)
	for _, name := range slices.Sorted(maps.Keys(a.Properties)) {
		l.set(from+".properties."+name, "apim.analytics.properties."+quoteSegment(name), xmlText(a.Properties[name]))
	}
	if a.Type == "choreo" { // what the product does without a type (product-facts.md §10)
		l.set(from+".type", "apim.analytics.type", nil)
		l.set(from+".url", "apim.analytics.config_endpoint", xmlText(or(a.Endpoint, "https://analytics-event-auth.choreo.dev/auth/v1")))
		l.set(from+".key", "apim.analytics.auth_token", xmlText(a.Token))
		return l.Layer
	}
	l.set(from+".type", "apim.analytics.type", a.Type)
	l.set(from+".type", "apim.analytics.config_endpoint", nil)
	l.set(from+".type", "apim.analytics.auth_token", nil)
	if a.Type == "moesif" {
		l.set(from+".key", "apim.analytics.properties.moesifKey", xmlText(a.Key))
		l.setText(from+".url", "apim.analytics.properties.moesif_base_url", xmlText(a.BaseURL))
	}
	return l.Layer
}

// oauthKeys encrypts or hashes access tokens, client secrets and codes in the database; one excludes the other.
func (p plan) oauthKeys() Layer {
	l := newLayer("feature oauth_keys")
	if keys := p.Features.OAuthKeys; keys != "" {
		l.set("features.token_protection", "apim.oauth_config.enable_token_encryption", keys == "encrypt")
		l.set("features.token_protection", "apim.oauth_config.enable_token_hashing", keys == "hash")
	}
	return l.Layer
}
